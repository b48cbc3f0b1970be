"""Stories → posts: which chats are owed a story, and how it gets there once."""
