/* request_id.h -- the id by which logs name a request.
 *
 * A client or a proxy may have given the request an id already, in the header
 * X-Request-Id. That id is kept, so that the logs of all programs agree.
 *
 * Path: access_log.c, request_object.c -> [request_id]
 */
#ifndef HTTP_REQUEST_ID_H
#define HTTP_REQUEST_ID_H

struct request;

#define REQUEST_ID_HEADER "X-Request-Id"
#define REQUEST_ID_MAX 64

/* Copies the header's value into `id` if the value is 1 to 64 letters, digits
 * and _ - . + / = : ~, else 16 random hexadecimal digits. [the daemon's
 * thread] */
void request_id_read(const struct request *request,
                     char id[REQUEST_ID_MAX + 1]);

#endif
