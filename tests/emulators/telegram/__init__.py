"""A Telegram that lives on loopback: a Bot API 10.0 server with state, strict as the real one, for tests and by hand.

    async with TelegramServer(clock=clock) as tg:
        bot = telegram.Bot(tg.token, base_url=tg.base_url)
        group = tg.create_group("Readers", members=[tg.add_user("Ann")])
        tg.add_bot(group)

Served: getMe logOut close getUpdates setWebhook deleteWebhook getWebhookInfo (webhooks are remembered, not delivered
to) answerCallbackQuery getFile · sendMessage sendPhoto sendMediaGroup (photos) sendDocument (uploads) sendChatAction
· editMessageText editMessageCaption editMessageMedia editMessageReplyMarkup deleteMessage deleteMessages
setMessageReaction · getChat
getChatMember getChatAdministrators getChatMemberCount leaveChat createForumTopic closeForumTopic reopenForumTopic
closeGeneralForumTopic reopenGeneralForumTopic deleteForumTopic · setMyCommands getMyCommands deleteMyCommands
setMyName getMyName setMyDescription getMyDescription setMyShortDescription getMyShortDescription
setMyDefaultAdministratorRights getMyDefaultAdministratorRights.

Real, but answered 404 "Not Found: method not found" as by a server that lacks them: every other method, among them
sendPoll stopPoll sendVideo sendAnimation sendAudio sendVoice sendVideoNote sendSticker sendLocation
sendVenue sendContact sendDice sendGame sendInvoice sendPaidMedia sendChecklist sendMessageDraft sendRichMessage
forwardMessage forwardMessages copyMessage copyMessages pinChatMessage unpinChatMessage unpinAllChatMessages
banChatMember unbanChatMember restrictChatMember promoteChatMember setChatPermissions setChatTitle setChatDescription
setChatPhoto exportChatInviteLink createChatInviteLink approveChatJoinRequest editForumTopic hideGeneralForumTopic
deleteMessageReaction deleteAllMessageReactions answerInlineQuery answerWebAppQuery answerGuestQuery
getUserProfilePhotos getUserChatBoosts setChatMenuButton getChatMenuButton, and stickers, payments, gifts, stories,
business connections and passport.
"""

from .errors import ApiError
from .faults import Fault
from .limits import Limits, Throttled
from .model import Chat, Member, Message, Press, Topic, User
from .people import CannotDo
from .server import TOKEN, Request, TelegramServer
from .world import BotAccount

__all__ = [
    "TOKEN",
    "ApiError",
    "BotAccount",
    "CannotDo",
    "Chat",
    "Fault",
    "Limits",
    "Member",
    "Message",
    "Press",
    "Request",
    "TelegramServer",
    "Throttled",
    "Topic",
    "User",
]
