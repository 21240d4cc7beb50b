#include "http/client_watch.h"

#include <stdlib.h>

#include "http/daemon.h"

struct client_watch {
    uv_poll_t poll;
    void (*left)(void *ctx);
    void *ctx;
};

static void on_left(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    struct client_watch *watch = poll->data;
    uv_poll_stop(poll);
    watch->left(watch->ctx);
}

struct client_watch *client_watch_start(uv_loop_t *loop,
                                        const struct request *request,
                                        void (*left)(void *ctx), void *ctx)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(
        request->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct client_watch *watch = calloc(1, sizeof *watch);
    if (!watch || uv_poll_init(loop, &watch->poll, info->connect_fd) != 0) {
        free(watch);
        return NULL;
    }
    watch->left = left;
    watch->ctx = ctx;
    watch->poll.data = watch;
    uv_poll_start(&watch->poll, UV_DISCONNECT, on_left);
    return watch;
}

static void free_watch(uv_handle_t *poll) { free(poll->data); }

void client_watch_stop(struct client_watch *watch)
{
    if (watch)
        uv_close((uv_handle_t *)&watch->poll, free_watch);
}
