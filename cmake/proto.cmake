# Each proto/NAME.proto becomes NAME.pb-c.{c,h}; proto_registry.c lists their
# descriptors, so that Lua can name any message without C being written.
find_program(PROTOC_C NAMES protoc-c REQUIRED)
file(GLOB PROTO_FILES CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/proto/*.proto)
set(PROTO_DIR ${CMAKE_BINARY_DIR}/proto)
file(MAKE_DIRECTORY ${PROTO_DIR})
set(PROTO_C "")
foreach(file ${PROTO_FILES})
  get_filename_component(name ${file} NAME_WE)
  add_custom_command(
    OUTPUT ${PROTO_DIR}/${name}.pb-c.c ${PROTO_DIR}/${name}.pb-c.h
    COMMAND ${PROTOC_C} --c_out=${PROTO_DIR}
            --proto_path=${CMAKE_SOURCE_DIR}/proto ${file}
    DEPENDS ${file} VERBATIM)
  list(APPEND PROTO_C ${PROTO_DIR}/${name}.pb-c.c)
endforeach()
add_library(proto OBJECT ${PROTO_C})
target_include_directories(proto SYSTEM PUBLIC ${PROTO_DIR})
target_link_libraries(proto PUBLIC PkgConfig::PROTOBUFC)
