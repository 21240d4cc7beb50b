/* address.h -- turns HOST:PORT into a listening socket, and a socket into
 * HOST:PORT.
 *
 * The host is a name, an IPv4 address, an IPv6 address in brackets, or empty
 * for all addresses of the machine. Port 0 lets the kernel choose, so the
 * address that is logged is read back from the socket.
 *
 * Path: cli/serve.c, listener.c -> [address]
 */
#ifndef HTTP_ADDRESS_H
#define HTTP_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* Returns false and sets err unless the text is HOST:PORT, [IPV6]:PORT or
 * :PORT, with a port from 0 to 65535. Does not look the host up. */
bool address_check(const char *address, struct err *err);

/* Opens a non-blocking TCP socket that listens on the address. Waits for the
 * resolver if the host is a name. Returns -1 and sets err, which names the
 * address, if that fails. The caller closes the socket. */
int address_listen(const char *address, struct err *err);

/* Writes the HOST:PORT that a socket is bound to into `out`, and returns
 * `out`. */
const char *address_of(int fd, char *out, size_t size);

#endif
