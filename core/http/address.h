/* address.h -- "HOST:PORT" in words and as a socket. */
#ifndef HTTP_ADDRESS_H
#define HTTP_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* Is it HOST:PORT, [IPV6]:PORT or :PORT, with a port from 0 to 65535? If not,
 * err says what would be right. */
bool address_check(const char *address, struct err *err);

/* A bound, non-blocking TCP socket that listens; -1 and err, which names the
 * address. */
int address_listen(const char *address, struct err *err);

/* HOST:PORT that the socket is bound to. Returns `out`. */
const char *address_of(int fd, char *out, size_t size);

#endif
