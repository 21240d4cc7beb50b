/* request_id.h -- what a request is called in logs: what its client or a proxy
 * calls it, else a name of ours.
 */
#ifndef HTTP_REQUEST_ID_H
#define HTTP_REQUEST_ID_H

struct request;

#define REQUEST_ID_HEADER "X-Request-Id"
#define REQUEST_ID_MAX 64

/* The header's value, if that is 1 to 64 letters, digits and _ - . + / = : ~,
 * or 16 random hexadecimal digits. */
void request_id_read(const struct request *request,
                     char id[REQUEST_ID_MAX + 1]);

#endif
