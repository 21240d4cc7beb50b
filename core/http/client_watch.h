/* client_watch.h -- tells that a client has left while its request waits: a
 * suspended connection does not notice.
 *
 * A client that closes its sending side counts as gone: that it would still
 * read cannot be told from the outside, and HTTP clients do not do it.
 *
 * Path: app.c, capture.c -> [client_watch]
 */
#ifndef HTTP_CLIENT_WATCH_H
#define HTTP_CLIENT_WATCH_H

#include <uv.h>

struct client_watch;
struct request;

/* `left` is called once, from the loop. NULL when it cannot be watched. The
 * connection must stay open until client_watch_stop. */
struct client_watch *client_watch_start(uv_loop_t *loop,
                                        const struct request *request,
                                        void (*left)(void *ctx), void *ctx);

/* Needed after `left`, too. NULL is ignored. */
void client_watch_stop(struct client_watch *watch);

#endif
