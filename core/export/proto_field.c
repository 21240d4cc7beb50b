#include "export/proto_field.h"

enum wire_type proto_wire_type(const ProtobufCFieldDescriptor *f)
{
    switch (f->type) {
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return WIRE_FIXED64;
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
        return WIRE_FIXED32;
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE:
        return WIRE_BYTES;
    default:
        return WIRE_VARINT;
    }
}

bool proto_is_unsigned(const ProtobufCFieldDescriptor *f)
{
    return f->type == PROTOBUF_C_TYPE_UINT32 ||
           f->type == PROTOBUF_C_TYPE_FIXED32 ||
           f->type == PROTOBUF_C_TYPE_UINT64 ||
           f->type == PROTOBUF_C_TYPE_FIXED64;
}

bool proto_is_zigzag(const ProtobufCFieldDescriptor *f)
{
    return f->type == PROTOBUF_C_TYPE_SINT32 ||
           f->type == PROTOBUF_C_TYPE_SINT64;
}

int proto_n_bits(const ProtobufCFieldDescriptor *f)
{
    switch (f->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_ENUM:
        return 32;
    default:
        return 64;
    }
}

static bool is_of_oneof(const ProtobufCFieldDescriptor *f)
{
    return f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF;
}

bool proto_has_presence(const ProtobufCFieldDescriptor *f)
{
    return is_of_oneof(f) || f->label == PROTOBUF_C_LABEL_OPTIONAL ||
           f->label == PROTOBUF_C_LABEL_REQUIRED || proto_is_message(f);
}

bool proto_excludes(const ProtobufCFieldDescriptor *f,
                    const ProtobufCFieldDescriptor *other)
{
    /* The members of a oneof share the offset of the field that says which of
     * them is set. */
    return f != other && is_of_oneof(f) && is_of_oneof(other) &&
           f->quantifier_offset == other->quantifier_offset;
}
