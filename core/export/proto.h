/* proto.h -- Lua tables to and from protobuf's wire format, driven by
 * descriptors. All functions may raise.
 * Path: module_proto.c -> [proto] */
#ifndef EXPORT_PROTO_H
#define EXPORT_PROTO_H

#include "base/buf.h"
#include "export/proto_field.h"
#include "profile/wire.h"

struct lua_State;

/* Append the table on top of the stack. Fields go in the order of their
 * numbers and defaults are left out, so that equal tables give equal bytes. */
void proto_encode(struct lua_State *L, struct buf *b,
                  const ProtobufCMessageDescriptor *m);

/* Push the message as a table. Fields that it does not know are passed over. */
void proto_decode(struct lua_State *L, struct wire w,
                  const ProtobufCMessageDescriptor *m);

#endif
