from typing import Final

EVENT_JOB_ERROR: Final[int]

class JobExecutionEvent:
    job_id: str
    exception: BaseException | None
    traceback: str | None
