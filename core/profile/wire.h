/* wire.h -- reads protobuf's wire format, field by field, without copying.
 *
 * Source: protobuf.dev, "Encoding". Groups, long deprecated, are an error.
 * Path: pprof_read.c -> [wire] */
#ifndef PROFILE_WIRE_H
#define PROFILE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
    uint64_t value;    /* varint, or a fixed-size number's bits */
    struct wire bytes; /* of WIRE_BYTES */
};

enum wire_result { WIRE_FIELD, WIRE_END, WIRE_DAMAGED };

/* The next field of a message. */
enum wire_result wire_next(struct wire *w, struct wire_field *field);

/* The next number of a repeated field that is packed. */
bool wire_varint(struct wire *w, uint64_t *value);
/* The same for numbers of a fixed `size`, 4 or 8 bytes. */
bool wire_fixed(struct wire *w, size_t size, uint64_t *value);

#endif
