#include "http/listener.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/address.h"

#define TARGET_TIMEOUT_NS ((int64_t)10 * 1000000000)
#define TICK_MS 250     /* the timeout above is checked so often */
#define ACCEPT_BATCH 64 /* connections accepted before other events */

/* A connection whose request target is incomplete. */
struct waiting {
    int fd;
    int64_t deadline_ns;
    struct list_link in_listener;
};

/* Sends a reply, if the socket takes it at once, and closes the socket. Reads
 * the request first, because closing a socket with unread bytes resets the
 * connection, and the client would not see the reply. */
static void send_refusal(int fd, const char *status, const char *why)
{
    char text[512];
    int n = snprintf(text, sizeof text,
                     "HTTP/1.1 %s\r\nConnection: close\r\n"
                     "Content-Type: text/plain; charset=utf-8\r\n"
                     "Content-Length: %zu\r\n\r\n%s\n",
                     status, strlen(why) + 1, why);
    char ignored[PEEK_BYTES];
    ssize_t done = recv(fd, ignored, sizeof ignored, MSG_DONTWAIT);
    done = send(fd, text, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)done;
    close(fd);
}

static void refuse_for_room(int fd)
{
    send_refusal(fd, "503 Service Unavailable", "too many connections");
}

static void remove_waiting(struct listener *l, struct waiting *w)
{
    list_remove(&w->in_listener);
    l->n_waiting--;
    free(w);
}

static void add_waiting(struct listener *l, int fd)
{
    struct waiting *w = malloc(sizeof *w);
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET,
                                .data.ptr = w};
    if (!w || epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0) {
        free(w);
        close(fd);
        return;
    }
    *w = (struct waiting){.fd = fd,
                          .deadline_ns = clock_mono_ns() + TARGET_TIMEOUT_NS};
    list_append(&l->waiting, &w->in_listener);
    l->n_waiting++;
}

/* Decides from the bytes in a socket. Returns false if the connection has ended
 * before its request target. */
static bool peek_target(int fd, enum peek_result *who)
{
    char bytes[PEEK_BYTES];
    ssize_t n = recv(fd, bytes, sizeof bytes, MSG_PEEK | MSG_DONTWAIT);
    *who = PEEK_MORE;
    if (n > 0)
        *who = peek_route(bytes, (size_t)n);
    return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static void route_connection(struct listener *l, int fd, enum peek_result who)
{
    if (who == PEEK_TLS)
        send_refusal(fd, "400 Bad Request",
                     "this port speaks HTTP without TLS");
    else if (!l->handler.route(l->handler.ctx, fd, who))
        refuse_for_room(fd);
}

static void on_waiting_event(struct listener *l,
                             const struct epoll_event *event)
{
    struct waiting *w = event->data.ptr;
    int fd = w->fd;
    enum peek_result who;
    bool ok = peek_target(fd, &who);
    if (ok && who != PEEK_MORE) {
        epoll_ctl(l->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
        remove_waiting(l, w);
        route_connection(l, fd, who);
    } else if (!ok || event->events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) {
        remove_waiting(l, w);
        close(fd);
    }
}

static void on_waiting_epoll(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    struct listener *l = poll->data;
    struct epoll_event list[64];
    int n = epoll_wait(l->epoll_fd, list, 64, 0);
    for (int i = 0; i < n; i++)
        on_waiting_event(l, &list[i]);
}

/* Most clients send their request right after connecting. It has often arrived
 * when the connection is accepted, and then the epoll is not needed. */
static void take_connection(struct listener *l, int fd)
{
    enum peek_result who;
    if (!l->handler.has_room(l->handler.ctx))
        refuse_for_room(fd);
    else if (!peek_target(fd, &who))
        close(fd);
    else if (who == PEEK_MORE)
        add_waiting(l, fd);
    else
        route_connection(l, fd, who);
}

static void on_acceptable(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    struct listener *l = poll->data;
    for (int i = 0; i < ACCEPT_BATCH; i++) {
        int fd = accept4(l->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            take_connection(l, fd);
        } else if (errno == EAGAIN) {
            return;
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
                   errno == ENOBUFS) {
            log_write(LOG_WARN, "accept_failed",
                      LOG_FIELDS(log_text("reason", strerror(errno))));
            uv_poll_stop(&l->accept_poll); /* the next tick restarts it */
            l->is_paused = true;
            return;
        }
    }
}

static void on_listener_tick(uv_timer_t *timer)
{
    struct listener *l = timer->data;
    int64_t now_ns = clock_mono_ns();
    list_each (struct waiting, w, &l->waiting, in_listener) {
        int fd = w->fd;
        if (w->deadline_ns > now_ns)
            break;
        epoll_ctl(l->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
        remove_waiting(l, w);
        send_refusal(fd, "408 Request Timeout",
                     "the request did not come in time");
    }
    if (l->handler.tick)
        l->handler.tick(l->handler.ctx);
    if (l->is_paused) {
        l->is_paused = false;
        uv_poll_start(&l->accept_poll, UV_READABLE, on_acceptable);
    }
}

bool listener_open(struct listener *l, const char *address, struct err *err)
{
    *l = (struct listener){.epoll_fd = -1};
    l->fd = address_listen(address, err);
    if (l->fd < 0)
        return false;
    address_of(l->fd, l->address, sizeof l->address);
    return true;
}

bool listener_start(struct listener *l, uv_loop_t *loop,
                    const struct listener_handler *handler, struct err *err)
{
    l->handler = *handler;
    l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (l->epoll_fd < 0)
        return err_set(err, "cannot make an epoll: %s", strerror(errno));
    uv_poll_init(loop, &l->accept_poll, l->fd);
    uv_poll_init(loop, &l->epoll_poll, l->epoll_fd);
    uv_timer_init(loop, &l->timer);
    l->accept_poll.data = l->epoll_poll.data = l->timer.data = l;
    uv_poll_start(&l->accept_poll, UV_READABLE, on_acceptable);
    uv_poll_start(&l->epoll_poll, UV_READABLE, on_waiting_epoll);
    uv_timer_start(&l->timer, on_listener_tick, TICK_MS, TICK_MS);
    return true;
}

void listener_close(struct listener *l)
{
    if (l->epoll_fd >= 0) {
        uv_close((uv_handle_t *)&l->accept_poll, NULL);
        uv_close((uv_handle_t *)&l->epoll_poll, NULL);
        uv_close((uv_handle_t *)&l->timer, NULL);
    }
    list_each (struct waiting, w, &l->waiting, in_listener) {
        close(w->fd);
        remove_waiting(l, w);
    }
    if (l->epoll_fd >= 0)
        close(l->epoll_fd);
    close(l->fd);
    l->fd = l->epoll_fd = -1;
}
