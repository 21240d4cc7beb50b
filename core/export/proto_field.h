/* proto_field.h -- what a field of a message is, from protobuf-c's descriptors.
 * Path: module_proto_encode.c, module_proto_decode.c -> [proto_field] */
#ifndef EXPORT_PROTO_FIELD_H
#define EXPORT_PROTO_FIELD_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>

#include "profile/wire.h"

enum wire_type proto_wire_type(const ProtobufCFieldDescriptor *f);

/* How many bits of a whole number count: 32 or 64. */
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

/* Is it told apart whether the field is absent or holds the default? */
bool proto_has_presence(const ProtobufCFieldDescriptor *f);

/* Are they members of one oneof? */
bool proto_excludes(const ProtobufCFieldDescriptor *f,
                    const ProtobufCFieldDescriptor *other);

#endif
