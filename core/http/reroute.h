/* reroute.h -- sends a client to the same URL over a new connection.
 *
 * A connection is routed by its first request. When a later one, of a browser
 * say, is for the admin, the worker cannot give the socket back: it answers
 * with 307 and closes, and the client's next connection is routed anew.
 */
#ifndef HTTP_REROUTE_H
#define HTTP_REROUTE_H

struct request;

void reroute_to_new_connection(struct request *request);

#endif
