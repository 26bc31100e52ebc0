// The smallest program that does the same, as a measure: one caller at a time, blocking calls, no checks, no deadline.
// For each GET it does a WebSocket handshake with the server of WSHEALTHZ_TARGET, answers 200, sends Close 1001 and
// reads until EOF.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void write_all(int fd, const char *text) {
  if (write(fd, text, strlen(text)) < 0) exit(1);
}

int main(void) {
  char *target = getenv("WSHEALTHZ_TARGET"), buf[4096];
  struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}, server = own;
  server.sin_port = htons(atoi(strrchr(target, ':') + 1));
  socklen_t len = sizeof own;
  int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;
  if (bind(listener, (void *)&own, len) || listen(listener, 8) || getsockname(listener, (void *)&own, &len)) return 1;
  fprintf(stderr, "{\"msg\":\"serving\",\"listen\":\"127.0.0.1:%d\"}\n", ntohs(own.sin_port));
  for (;;) {
    int caller = accept(listener, 0, 0);
    setsockopt(caller, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    while (read(caller, buf, sizeof buf) > 0) {
      int ws = socket(AF_INET, SOCK_STREAM, 0);
      if (connect(ws, (void *)&server, sizeof server)) return 1;
      write_all(ws, "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
      if (read(ws, buf, sizeof buf) < 12 || memcmp(buf + 9, "101", 3)) return 1;
      write_all(caller, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n");
      if (write(ws, "\x88\x82\0\0\0\0\x03\xe9", 8) != 8) return 1;
      while (read(ws, buf, sizeof buf) > 0) {}
      close(ws);
    }
    close(caller);
  }
}
