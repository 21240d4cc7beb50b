# liblua5.4.a, whole, with some API functions renamed to archive_* where they
# are defined. core/sample/hooks/lua_api.c defines them under their own names, so
# that calls from liblua's other members, from our code and from C modules all
# pass through ours. (--wrap would miss C modules.)
find_library(LUA_ARCHIVE NAMES liblua5.4.a REQUIRED)
find_path(LUA_INCLUDE NAMES lua.h PATH_SUFFIXES lua5.4 REQUIRED)
find_program(OBJCOPY objcopy REQUIRED)

set(LUA_RENAMED ${CMAKE_BINARY_DIR}/lua/liblua-renamed.a)
add_custom_command(
  OUTPUT ${LUA_RENAMED}
  COMMAND sh ${CMAKE_SOURCE_DIR}/cmake/rename_lua_api.sh
          ${LUA_ARCHIVE} ${LUA_RENAMED} ${CMAKE_AR} ${OBJCOPY}
  DEPENDS ${LUA_ARCHIVE} ${CMAKE_SOURCE_DIR}/cmake/rename_lua_api.sh
  VERBATIM)
add_custom_target(lua_renamed DEPENDS ${LUA_RENAMED})

add_library(lua INTERFACE)
add_dependencies(lua lua_renamed)
target_include_directories(lua SYSTEM INTERFACE ${LUA_INCLUDE})
target_link_libraries(lua INTERFACE
  -Wl,--whole-archive ${LUA_RENAMED} -Wl,--no-whole-archive)
