"""Two who do something at the same moment: the second begins before the first is committed."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import wait as wait_for

from app.db import Engine, Session
from tests.office_steps import transaction

Step = Callable[[Session], object]


def refusal_of_second(engine: Engine, first: Step, second: Step) -> BaseException | None:
    """What the second is refused with; none where both get through."""

    def run() -> None:
        with transaction(engine) as session:
            second(session)

    with ThreadPoolExecutor(1) as pool:
        with transaction(engine) as session:
            first(session)
            begun = pool.submit(run)
            wait_for([begun], timeout=1)
        return begun.exception(timeout=60)
