"""Says hello: the least that a Python Worker can be."""

from workers import Request, Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, _request: Request) -> Response:
        return Response("hello")
