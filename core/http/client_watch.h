/* client_watch.h -- notices that the client of a waiting request has left.
 *
 * libmicrohttpd does nothing with a suspended connection and so does not see
 * its end. A handler that waits, or a profile that is being recorded, would go
 * on for nobody. A client that closes only its sending side counts as gone,
 * because the server cannot tell that from a full close; HTTP clients do not
 * do it.
 *
 * Path: exchange.c, capture.c, pprof_symbol.c -> [client_watch] -> daemon.c
 */
#ifndef HTTP_CLIENT_WATCH_H
#define HTTP_CLIENT_WATCH_H

#include <uv.h>

struct client_watch;
struct request;

/* Calls `left` once, on the loop's thread, when the client closes its side.
 * Returns NULL if the connection cannot be watched. The connection must stay
 * open until client_watch_stop. [the loop's thread] */
struct client_watch *client_watch_start(uv_loop_t *loop,
                                        const struct request *request,
                                        void (*left)(void *ctx), void *ctx);

/* Ends a watch and frees it, also one that has called `left`. Ignores NULL.
 * [the loop's thread] */
void client_watch_stop(struct client_watch *watch);

#endif
