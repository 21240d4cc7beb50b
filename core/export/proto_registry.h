/* proto_registry.h -- the descriptors of all messages in proto/. The table is
 * generated at build time (cmake/proto_registry.cmake). */
#ifndef EXPORT_PROTO_REGISTRY_H
#define EXPORT_PROTO_REGISTRY_H

#include <protobuf-c/protobuf-c.h>

/* Ends with NULL. */
extern const ProtobufCMessageDescriptor *const proto_registry[];

#endif
