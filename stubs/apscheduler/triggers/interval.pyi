from datetime import tzinfo

class IntervalTrigger:
    def __init__(self, *, seconds: float, timezone: tzinfo) -> None: ...
