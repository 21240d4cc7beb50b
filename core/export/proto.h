/* proto.h -- converts Lua tables to protobuf's wire format and back, by the
 * descriptor of a message. proto_encode.c and proto_decode.c implement it. All
 * functions may raise.
 *
 * Path: module_proto.c -> [proto] -> proto_field.c
 */
#ifndef EXPORT_PROTO_H
#define EXPORT_PROTO_H

#include "base/buf.h"
#include "export/proto_field.h"
#include "profile/wire.h"

struct lua_State;

/* Appends the table on top of the stack. Fields are written in the order of
 * their numbers, and default values are left out, so equal tables give equal
 * bytes. */
void proto_encode(struct lua_State *L, struct buf *b,
                  const ProtobufCMessageDescriptor *m);

/* Pushes the message as a table. Unknown fields are skipped. */
void proto_decode(struct lua_State *L, struct wire w,
                  const ProtobufCMessageDescriptor *m);

#endif
