"""A FastAPI application with one WebSocket, at /ws, that wants ?token=right."""
from fastapi import FastAPI, WebSocket

app = FastAPI()


@app.websocket("/ws")
async def echo(connection: WebSocket, token: str = ""):
    if token != "right":
        await connection.close(code=1008)
        return
    await connection.accept()
    while (await connection.receive())["type"] != "websocket.disconnect":
        pass
