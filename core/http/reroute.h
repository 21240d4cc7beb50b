/* reroute.h -- sends a client to the same URL over a new connection.
 *
 * The listener routes a connection by its first request. If a browser sends a
 * later request for the admin thread on a connection to a worker, the worker
 * cannot give the socket back. It answers with 307 and closes the connection,
 * and the listener routes the client's next connection.
 *
 * Path: worker.c -> [reroute] -> daemon.c
 */
#ifndef HTTP_REROUTE_H
#define HTTP_REROUTE_H

struct request;

/* Answers the request with 307 to its own URL. [the daemon's thread] */
void reroute_to_new_connection(struct request *request);

#endif
