#include "profile/wire.h"

#include <string.h>

bool wire_varint(struct wire *w, uint64_t *value)
{
    uint64_t result = 0;
    for (unsigned shift = 0; shift < 64 && w->at < w->end; shift += 7) {
        unsigned char byte = *w->at++;
        result |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            *value = result;
            return true;
        }
    }
    return false;
}

bool wire_fixed(struct wire *w, size_t size, uint64_t *value)
{
    if ((size_t)(w->end - w->at) < size)
        return false;
    *value = 0;
    memcpy(value, w->at, size); /* little-endian, as the machine is */
    w->at += size;
    return true;
}

enum wire_result wire_next(struct wire *w, struct wire_field *field)
{
    uint64_t tag, length;
    if (w->at == w->end)
        return WIRE_END;
    if (!wire_varint(w, &tag) || tag >> 3 == 0 || tag >> 3 > UINT32_MAX >> 3)
        return WIRE_DAMAGED;
    *field = (struct wire_field){.number = (uint32_t)(tag >> 3),
                                 .type = (enum wire_type)(tag & 7)};
    bool read = false;
    switch (field->type) {
    case WIRE_VARINT:
        read = wire_varint(w, &field->value);
        break;
    case WIRE_FIXED64:
        read = wire_fixed(w, 8, &field->value);
        break;
    case WIRE_FIXED32:
        read = wire_fixed(w, 4, &field->value);
        break;
    case WIRE_BYTES:
        read = wire_varint(w, &length) && length <= (size_t)(w->end - w->at);
        if (read) {
            field->bytes = (struct wire){w->at, w->at + length};
            w->at += length;
        }
        break;
    }
    return read ? WIRE_FIELD : WIRE_DAMAGED;
}
