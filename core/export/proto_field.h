/* proto_field.h -- properties of a message's field, read from protobuf-c's
 * descriptors.
 *
 * Path: proto_encode.c, proto_decode.c -> [proto_field]
 */
#ifndef EXPORT_PROTO_FIELD_H
#define EXPORT_PROTO_FIELD_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>

#include "profile/wire.h"

/* Returns the wire type of one value of the field. */
enum wire_type proto_wire_type(const ProtobufCFieldDescriptor *f);

/* Returns the width of a whole number in bits: 32 or 64. */
int proto_n_bits(const ProtobufCFieldDescriptor *f);
bool proto_is_unsigned(const ProtobufCFieldDescriptor *f);
bool proto_is_zigzag(const ProtobufCFieldDescriptor *f);

static inline bool proto_is_repeated(const ProtobufCFieldDescriptor *f)
{
    return f->label == PROTOBUF_C_LABEL_REPEATED;
}

static inline bool proto_is_message(const ProtobufCFieldDescriptor *f)
{
    return f->type == PROTOBUF_C_TYPE_MESSAGE;
}

/* Returns true if an absent field differs from one that holds the default. */
bool proto_has_presence(const ProtobufCFieldDescriptor *f);

/* Returns true if the two fields are members of one oneof. */
bool proto_excludes(const ProtobufCFieldDescriptor *f,
                    const ProtobufCFieldDescriptor *other);

#endif
