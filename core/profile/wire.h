/* wire.h -- reads protobuf's wire format field by field, without copying.
 *
 * Source: protobuf.dev, "Encoding". Groups, which are deprecated, count as
 * damage.
 *
 * Path: pprof_read.c, export/proto_decode.c -> [wire]
 */
#ifndef PROFILE_WIRE_H
#define PROFILE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The bytes that are still to be read. */
struct wire {
    const unsigned char *at, *end;
};

enum wire_type {
    WIRE_VARINT = 0,
    WIRE_FIXED64 = 1,
    WIRE_BYTES = 2, /* length-delimited */
    WIRE_FIXED32 = 5,
};

struct wire_field {
    uint32_t number;
    enum wire_type type;
    uint64_t value;    /* a varint, or the bits of a number of fixed size */
    struct wire bytes; /* for WIRE_BYTES: the content */
};

enum wire_result { WIRE_FIELD, WIRE_END, WIRE_DAMAGED };

/* Reads the next field of a message. */
enum wire_result wire_next(struct wire *w, struct wire_field *field);

/* Reads the next number of a packed repeated field. Returns false if the bytes
 * end within it. */
bool wire_varint(struct wire *w, uint64_t *value);
/* Reads the next number of `size` bytes, 4 or 8. Returns false if fewer are
 * left. */
bool wire_fixed(struct wire *w, size_t size, uint64_t *value);

#endif
