#include "http/hangup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BATCH = 64 };

struct hangup_peer {
    int fd;
    bool has_request, is_gone;
    struct list_link in_gone;
};

static void show_end(const struct hangup_peer *peer)
{
    shutdown(peer->fd, SHUT_RD);
}

static void add_gone(struct hangups *hangups, struct hangup_peer *peer)
{
    peer->is_gone = true;
    list_prepend(&hangups->gone, &peer->in_gone);
}

/* libmicrohttpd runs first and reads what came with the FINs. A shutdown before
 * that would be the same event as the unread bytes, and be missed like the
 * FIN. Running may close connections and so remove their peers from `gone`. */
static void on_peers_hung_up(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    struct hangups *hangups = poll->data;
    struct epoll_event list[BATCH];
    int n = epoll_wait(hangups->epoll_fd, list, BATCH, 0);
    for (int i = 0; i < n; i++)
        add_gone(hangups, list[i].data.ptr);
    MHD_run(hangups->mhd);
    list_each (struct hangup_peer, peer, &hangups->gone, in_gone) {
        list_remove(&peer->in_gone);
        if (!peer->has_request)
            show_end(peer);
    }
}

bool hangups_open(struct hangups *hangups, uv_loop_t *loop,
                  struct MHD_Daemon *mhd, struct err *err)
{
    hangups->mhd = mhd;
    hangups->gone = (struct list){0};
    hangups->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (hangups->epoll_fd < 0)
        return err_set(err, "cannot make an epoll: %s", strerror(errno));
    uv_poll_init(loop, &hangups->poll, hangups->epoll_fd);
    hangups->poll.data = hangups;
    uv_poll_start(&hangups->poll, UV_READABLE, on_peers_hung_up);
    return true;
}

void hangups_close(struct hangups *hangups)
{
    uv_close((uv_handle_t *)&hangups->poll, NULL);
    close(hangups->epoll_fd);
}

struct hangup_peer *hangups_add(struct hangups *hangups, int fd)
{
    struct hangup_peer *peer = calloc(1, sizeof *peer);
    struct epoll_event event = {.events = EPOLLRDHUP | EPOLLONESHOT,
                                .data.ptr = peer};
    if (!peer || epoll_ctl(hangups->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0) {
        free(peer);
        return NULL;
    }
    peer->fd = fd;
    return peer;
}

void hangups_remove(struct hangups *hangups, struct hangup_peer *peer)
{
    if (!peer)
        return;
    list_remove(&peer->in_gone);
    epoll_ctl(hangups->epoll_fd, EPOLL_CTL_DEL, peer->fd, NULL);
    free(peer);
}

void hangup_begin_request(struct hangup_peer *peer)
{
    if (peer)
        peer->has_request = true;
}

void hangup_end_request(struct hangup_peer *peer)
{
    if (!peer)
        return;
    peer->has_request = false;
    if (peer->is_gone)
        show_end(peer);
}
