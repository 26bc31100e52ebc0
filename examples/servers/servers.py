"""python3 servers.py NAME PORT: a server of that package on 127.0.0.1, as its own documentation starts it."""
import logging
import sys

name, port = sys.argv[1], int(sys.argv[2])
host = "127.0.0.1"
logging.basicConfig(level=logging.INFO)


def websockets():
    import asyncio
    from websockets.server import serve

    async def handler(connection):
        async for message in connection:
            await connection.send(message)

    async def main():
        async with serve(handler, host, port, subprotocols=["chat"]):
            await asyncio.Future()

    asyncio.run(main())


def aiohttp():
    from aiohttp import web

    async def handler(request):
        connection = web.WebSocketResponse()
        await connection.prepare(request)
        async for message in connection:
            await connection.send_str(message.data)
        return connection

    app = web.Application()
    app.add_routes([web.get("/ws", handler)])
    web.run_app(app, host=host, port=port)


def tornado():
    import asyncio
    import tornado.web
    import tornado.websocket

    class Echo(tornado.websocket.WebSocketHandler):
        def on_message(self, message):
            self.write_message(message)

    async def main():
        tornado.web.Application([("/ws", Echo)]).listen(port, host)
        await asyncio.Event().wait()

    asyncio.run(main())


def autobahn():
    import asyncio
    from autobahn.asyncio.websocket import WebSocketServerFactory, WebSocketServerProtocol

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    factory = WebSocketServerFactory(f"ws://{host}:{port}")
    factory.protocol = WebSocketServerProtocol
    loop.run_until_complete(loop.create_server(factory, host, port))
    loop.run_forever()


def gevent():
    from gevent import pywsgi
    from geventwebsocket.handler import WebSocketHandler

    def app(environ, start_response):
        connection = environ.get("wsgi.websocket")
        if connection is None:
            start_response("400 Bad Request", [])
            return []
        while connection.receive() is not None:
            pass
        return []

    pywsgi.WSGIServer((host, port), app, handler_class=WebSocketHandler).serve_forever()


def uvicorn():
    import uvicorn as server

    async def app(scope, receive, send):
        if scope["type"] != "websocket" or scope["path"] != "/ws":
            if scope["type"] == "websocket":
                await receive()
                await send({"type": "websocket.close"})
            return
        await receive()
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            pass

    server.run(app, host=host, port=port, ws="wsproto", lifespan="off")


def fastapi():
    import uvicorn as server

    server.run("fastapi_app:app", host=host, port=port)


globals()[name]()
