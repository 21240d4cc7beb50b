# Each proto/NAME.proto becomes NAME.pb-c.{c,h}; proto_registry.c lists their
# descriptors, so that Lua can name any message without C being written.
find_program(PROTOC_C NAMES protoc-c REQUIRED)
file(GLOB PROTO_FILES CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/proto/*.proto)
set(PROTO_DIR ${CMAKE_BINARY_DIR}/proto)
file(MAKE_DIRECTORY ${PROTO_DIR})
set(PROTO_C "")
set(PROTO_H "")
foreach(file ${PROTO_FILES})
  get_filename_component(name ${file} NAME_WE)
  add_custom_command(
    OUTPUT ${PROTO_DIR}/${name}.pb-c.c ${PROTO_DIR}/${name}.pb-c.h
    COMMAND ${PROTOC_C} --c_out=${PROTO_DIR}
            --proto_path=${CMAKE_SOURCE_DIR}/proto ${file}
    DEPENDS ${file} VERBATIM)
  list(APPEND PROTO_C ${PROTO_DIR}/${name}.pb-c.c)
  list(APPEND PROTO_H ${PROTO_DIR}/${name}.pb-c.h)
endforeach()
add_custom_command(
  OUTPUT ${PROTO_DIR}/proto_registry.c
  COMMAND ${CMAKE_COMMAND} -DOUTPUT=${PROTO_DIR}/proto_registry.c
          "-DHEADERS=${PROTO_H}" -P ${CMAKE_SOURCE_DIR}/cmake/proto_registry.cmake
  DEPENDS ${PROTO_H} ${CMAKE_SOURCE_DIR}/cmake/proto_registry.cmake VERBATIM)
add_library(proto STATIC ${PROTO_C} ${PROTO_DIR}/proto_registry.c)
target_include_directories(proto SYSTEM PUBLIC ${PROTO_DIR})
target_include_directories(proto PRIVATE ${CMAKE_SOURCE_DIR}/core)
target_link_libraries(proto PUBLIC PkgConfig::PROTOBUFC)
