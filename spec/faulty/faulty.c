/* faulty.c -- see faulty.h. The table, then the server. */
#include "faulty.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include "base/gzip.h"

const struct fault faults[] = {
    {"plain", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", FAULT_KEEP,
     200, "hello", CLIENT_OK},
    {"empty", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", FAULT_KEEP, 200,
     "", CLIENT_OK},
    {"chunked",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
     "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: x\r\n\r\n",
     FAULT_KEEP, 200, "abcde", CLIENT_OK},
    {"slow bytes",
     "HTTP/1.1 200 OK\r\nX-A: b\r\nTransfer-Encoding: chunked\r\n\r\n"
     "3\r\nabc\r\n0\r\n\r\n",
     FAULT_SLOWLY, 200, "abc", CLIENT_OK},
    {"204", "HTTP/1.1 204 No Content\r\n\r\n", FAULT_KEEP, 204, "", CLIENT_OK},
    {"304 with a length", "HTTP/1.1 304 Not\r\nContent-Length: 9\r\n\r\n",
     FAULT_KEEP, 304, "", CLIENT_OK},
    {"interim reply",
     "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n"
     "HTTP/1.1 201 Made\r\nContent-Length: 2\r\n\r\nok",
     FAULT_KEEP, 201, "ok", CLIENT_OK},
    {"until close", "HTTP/1.1 200 OK\r\n\r\nall of it", FAULT_CLOSE, 200,
     "all of it", CLIENT_OK},
    {"HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\nold", FAULT_CLOSE, 200, "old",
     CLIENT_OK},
    {"says close",
     "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx",
     FAULT_CLOSE, 200, "x", CLIENT_OK},
    {"bytes left over", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxGARBAGE",
     FAULT_KEEP, 200, "x", CLIENT_OK},
    {"server error", "HTTP/1.1 500 Oops\r\nContent-Length: 2\r\n\r\nno",
     FAULT_KEEP, 500, "no", CLIENT_OK},
    {"closed at once", "", FAULT_CLOSE, 0, "", CLIENT_CLOSED},
    {"reset at once", "", FAULT_RESET, 0, "", CLIENT_RESET},
    {"closed in the head", "HTTP/1.1 200 OK\r\nConte", FAULT_CLOSE, 0, "",
     CLIENT_INCOMPLETE},
    {"closed in the body", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
     FAULT_CLOSE, 0, "", CLIENT_INCOMPLETE},
    {"closed in a chunk",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf",
     FAULT_CLOSE, 0, "", CLIENT_INCOMPLETE},
    {"stalled at once", "", FAULT_STALL, 0, "", CLIENT_TIMEOUT},
    {"stalled in the body", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
     FAULT_STALL, 0, "", CLIENT_TIMEOUT},
    {"not HTTP", "220 mail.example ESMTP\r\n", FAULT_STALL, 0, "",
     CLIENT_MALFORMED},
    {"bad length", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", FAULT_STALL,
     0, "", CLIENT_MALFORMED},
    {"two lengths",
     "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
     FAULT_STALL, 0, "", CLIENT_MALFORMED},
    {"bad chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
     FAULT_STALL, 0, "", CLIENT_MALFORMED},
    {"upgrade",
     "HTTP/1.1 101 Switch\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
     FAULT_STALL, 0, "", CLIENT_MALFORMED},
    {"endless body", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
     FAULT_ENDLESS_BODY, 0, "", CLIENT_BODY_TOO_LARGE},
    {"endless head", "HTTP/1.1 200 OK\r\n", FAULT_ENDLESS_HEAD, 0, "",
     CLIENT_HEAD_TOO_LARGE},
    {"gzip", "gzip", FAULT_ENCODED, 200, FAULTY_TEXT, CLIENT_OK},
    {"zlib", "Deflate", FAULT_ENCODED, 200, FAULTY_TEXT, CLIENT_OK},
    {"bare deflate", "deflate-bare", FAULT_ENCODED, 200, FAULTY_TEXT,
     CLIENT_OK},
    {"gzip in deflate", "gzip ,deflate", FAULT_ENCODED, 200, FAULTY_TEXT,
     CLIENT_OK},
    {"gzip, cut", "gzip", FAULT_ENCODED_CUT, 0, "", CLIENT_DECODING},
    {"gzip, damaged", "gzip", FAULT_ENCODED_DAMAGED, 0, "", CLIENT_DECODING},
    {"deflate, cut", "deflate", FAULT_ENCODED_CUT, 0, "", CLIENT_DECODING},
    {"gzip that is none",
     "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\n"
     "hello",
     FAULT_KEEP, 0, "", CLIENT_DECODING},
    {"empty gzip",
     "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n",
     FAULT_KEEP, 200, "", CLIENT_OK},
    {"unknown encoding",
     "HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 5\r\n\r\n"
     "hello",
     FAULT_KEEP, 200, "hello", CLIENT_OK},
    {"gzip bomb", "gzip", FAULT_ENCODED_BOMB, 0, "", CLIENT_BODY_TOO_LARGE},
    {"gzip bomb in a gzip", "gzip, gzip", FAULT_ENCODED_BOMB, 0, "",
     CLIENT_BODY_TOO_LARGE},
    {"malformed status line", "HTTP/1.1 OK 200\r\n\r\n", FAULT_STALL, 0, "",
     CLIENT_MALFORMED},
    {"status of two digits", "HTTP/1.1 20 OK\r\n\r\n", FAULT_STALL, 0, "",
     CLIENT_MALFORMED},
    {"another version", "HTTP/4.2 200 OK\r\n\r\n", FAULT_STALL, 0, "",
     CLIENT_MALFORMED},
    {"header without a colon", "HTTP/1.1 200 OK\r\nnonsense\r\n\r\n",
     FAULT_STALL, 0, "", CLIENT_MALFORMED},
    {"control character in the head", "HTTP/1.1 200 OK\r\nX: a\x01\r\n\r\n",
     FAULT_STALL, 0, "", CLIENT_MALFORMED},
    {"huge chunk",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
     "fffffffffffffffff\r\n",
     FAULT_STALL, 0, "", CLIENT_MALFORMED},
    {"chunk without its end",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
     FAULT_STALL, 0, "", CLIENT_MALFORMED},
    {"huge length",
     "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
     FAULT_STALL, 0, "", CLIENT_MALFORMED},
    {"long body, closed early",
     "HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\nhalf",
     FAULT_CLOSE, 0, "", CLIENT_INCOMPLETE},
    {"reset in the head", "HTTP/1.1 200 OK\r\nConte", FAULT_RESET, 0, "",
     CLIENT_RESET},
    {"reset in the body", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
     FAULT_RESET, 0, "", CLIENT_RESET},
    {"redirect loop", "/", FAULT_LOOP, 302, "", CLIENT_OK},
    {"redirect to nowhere",
     "HTTP/1.1 302 Found\r\nLocation: gopher://a\r\nContent-Length: 0\r\n\r\n",
     FAULT_KEEP, 0, "", CLIENT_BAD_REDIRECT},
    {"dies when idle", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndied",
     FAULT_DIE_IDLE, 200, "died", CLIENT_OK},
    {"keep-alive lost", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nkept",
     FAULT_CLOSE_SECOND, 200, "kept", CLIENT_OK},
};
const size_t n_faults = sizeof faults / sizeof *faults;

/* --- the server -------------------------------------------------------- */

#define FAULTS_MAX 100

atomic_int faulty_n_connections;
atomic_bool faulty_lets_idle_live;
static int listener;
static struct buf encoded[FAULTS_MAX]; /* replies that are not in the table */

size_t fault_named(const char *name)
{
    for (size_t i = 0; i < n_faults; i++)
        if (strcmp(faults[i].name, name) == 0)
            return i;
    fprintf(stderr, "faulty: no fault '%s'\n", name);
    abort();
}

static void expect(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "faulty: %s\n", what);
        abort();
    }
}

static bool send_all(int fd, const char *data, size_t n)
{
    while (n > 0) {
        ssize_t sent = send(fd, data, n, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        data += sent;
        n -= (size_t)sent;
    }
    return true;
}

static void send_slowly(int fd, const char *reply)
{
    for (; *reply; reply++) {
        send_all(fd, reply, 1);
        usleep(500);
    }
}

/* Until the client has closed; what it still says is dropped. */
static void wait_for_close(int fd)
{
    char bytes[4096];
    while (recv(fd, bytes, sizeof bytes, 0) > 0)
        ;
}

/* Chunks of 16 KiB. */
static void send_endless_body(int fd)
{
    char chunk[6 + 0x4000 + 2];
    memset(chunk, 'x', sizeof chunk);
    memcpy(chunk, "4000\r\n", 6);
    memcpy(chunk + sizeof chunk - 2, "\r\n", 2);
    while (send_all(fd, chunk, sizeof chunk))
        ;
}

static void send_endless_head(int fd)
{
    static const char line[] = "X-Field: 0123456789abcdef\r\n";
    char lines[64 * (sizeof line - 1)];
    for (size_t i = 0; i < sizeof lines; i++)
        lines[i] = line[i % (sizeof line - 1)];
    while (send_all(fd, lines, sizeof lines))
        ;
}

/* Put one more coding on the body. */
static void compress_with(const char *coding, struct buf *body)
{
    struct err err;
    struct buf out = BUF_INIT;
    bool bare = strstr(coding, "bare") != NULL;
    if (strcasestr(coding, "gzip")) {
        expect(gzip_compress(body->data, body->len, 9, &out, &err), "gzip");
    } else {
        z_stream z = {0};
        deflateInit2(&z, 9, Z_DEFLATED, bare ? -15 : 15, 8, Z_DEFAULT_STRATEGY);
        expect(buf_reserve(&out, body->len + 1000), "memory");
        z.next_in = (unsigned char *)body->data;
        z.avail_in = (unsigned)body->len;
        z.next_out = (unsigned char *)out.data;
        z.avail_out = (unsigned)out.cap;
        expect(deflate(&z, Z_FINISH) == Z_STREAM_END, "deflate");
        out.len = z.total_out;
        deflateEnd(&z);
    }
    buf_fini(body);
    *body = out;
}

/* Once, as a bomb takes its time. */
static struct buf encode(const struct fault *fault)
{
    char list[64], *rest = list;
    struct buf body = BUF_INIT, reply = BUF_INIT;
    if (fault->act == FAULT_ENCODED_BOMB) {
        expect(buf_reserve(&body, FAULTY_BOMB_SIZE), "memory");
        memset(body.data, 0, body.len = FAULTY_BOMB_SIZE);
    } else {
        buf_puts(&body, FAULTY_TEXT);
    }
    snprintf(list, sizeof list, "%s", fault->reply);
    for (char *coding; (coding = strsep(&rest, ","));)
        compress_with(coding, &body);
    if (fault->act == FAULT_ENCODED_CUT)
        body.len -= 5;
    if (fault->act == FAULT_ENCODED_DAMAGED)
        memset(body.data + body.len / 2, 0xff, 8);
    buf_printf(&reply,
               "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n"
               "Content-Encoding: %.*s\r\n\r\n",
               body.len, (int)strcspn(fault->reply, "-"), fault->reply);
    buf_append(&reply, body.data, body.len);
    buf_fini(&body);
    return reply;
}

/* A redirect to the same fault. */
static void send_loop(int fd, const struct fault *fault)
{
    char reply[100];
    snprintf(reply, sizeof reply,
             "HTTP/1.1 302 Found\r\nLocation: /%d\r\nContent-Length: 0\r\n\r\n",
             (int)(fault - faults));
    send_all(fd, reply, strlen(reply));
}

/* True: go on with this connection. */
static bool answer(int fd, const struct fault *fault, int n_before)
{
    static const struct linger at_once = {1, 0};
    if (fault->act == FAULT_CLOSE_SECOND && n_before > 0)
        return false;
    if (fault->act == FAULT_SLOWLY)
        send_slowly(fd, fault->reply);
    else if (fault->act == FAULT_LOOP)
        send_loop(fd, fault);
    else if (fault->act >= FAULT_ENCODED)
        send_all(fd, encoded[fault - faults].data, encoded[fault - faults].len);
    else
        send_all(fd, fault->reply, strlen(fault->reply));
    switch (fault->act) {
    case FAULT_KEEP:
    case FAULT_SLOWLY:
    case FAULT_CLOSE_SECOND:
    case FAULT_LOOP:
    case FAULT_ENCODED:
    case FAULT_ENCODED_CUT:
    case FAULT_ENCODED_DAMAGED:
    case FAULT_ENCODED_BOMB:
        return true;
    case FAULT_RESET:
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        return false;
    case FAULT_DIE_IDLE:
        while (faulty_lets_idle_live)
            usleep(1000);
        shutdown(fd, SHUT_WR);
        usleep(5000); /* a client that reads meanwhile sees an orderly end */
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        return false;
    case FAULT_STALL:
        wait_for_close(fd);
        return false;
    case FAULT_ENDLESS_BODY:
        send_endless_body(fd);
        return false;
    case FAULT_ENDLESS_HEAD:
        send_endless_head(fd);
        return false;
    default:
        return false;
    }
}

/* The head of the next request. False: the client has gone, or speaks TLS. */
static bool read_head(int fd, char *head, size_t size)
{
    static const char no_tls[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
    size_t n = 0;
    head[0] = '\0';
    while (n < size - 1 && !strstr(head, "\r\n\r\n")) {
        ssize_t got = recv(fd, head + n, size - 1 - n, 0);
        if (got <= 0)
            return false;
        if (n == 0 && head[0] == 0x16) { /* a handshake's first byte */
            send_all(fd, no_tls, sizeof no_tls - 1);
            return false;
        }
        head[n += (size_t)got] = '\0';
    }
    return true;
}

static void *serve_connection(void *arg)
{
    int fd = (int)(intptr_t)arg;
    char head[4096];
    bool go_on = true;
    for (int n_before = 0; go_on && read_head(fd, head, sizeof head);
         n_before++) {
        const char *path = strchr(head, '/');
        size_t which = path ? strtoul(path + 1, NULL, 10) : 0;
        go_on = which < n_faults && answer(fd, &faults[which], n_before);
    }
    close(fd);
    return NULL;
}

static void *serve(void *arg)
{
    (void)arg;
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd < 0)
            return NULL;
        int yes = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        faulty_n_connections++;
        pthread_t thread;
        pthread_attr_t detached;
        pthread_attr_init(&detached);
        pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
        pthread_create(&thread, &detached, serve_connection,
                       (void *)(intptr_t)fd);
        pthread_attr_destroy(&detached);
    }
}

int faulty_start(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t n = sizeof address;
    pthread_t thread;
    expect(n_faults <= FAULTS_MAX, "FAULTS_MAX is too small");
    for (size_t i = 0; i < n_faults; i++)
        if (faults[i].act >= FAULT_ENCODED)
            encoded[i] = encode(&faults[i]);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, n) < 0 ||
        listen(listener, 256) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &n) < 0 ||
        pthread_create(&thread, NULL, serve, NULL) != 0)
        return -1;
    pthread_detach(thread);
    return ntohs(address.sin_port);
}

void faulty_stop(void)
{
    shutdown(listener, SHUT_RDWR);
    close(listener);
}
