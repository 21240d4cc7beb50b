/* module_proto.h -- `require "proto"`: Lua tables to and from protobuf. The
 * functions are described in module_proto.c and in docs/EXPORTERS.md. */
#ifndef EXPORT_MODULE_PROTO_H
#define EXPORT_MODULE_PROTO_H

struct lua_State;

/* Pushes the module and returns 1. May raise. */
int module_proto_open(struct lua_State *L);

#endif
