# mimalloc, which core/base/vm_malloc.c opens when the program starts. It is not
# linked, because it exports malloc and C++'s `new` too, which must not stand
# before the C library's and libstdc++'s.
find_library(MIMALLOC NAMES mimalloc REQUIRED)
execute_process(COMMAND ${CMAKE_OBJDUMP} -p ${MIMALLOC}
  OUTPUT_VARIABLE MIMALLOC_HEADERS COMMAND_ERROR_IS_FATAL ANY)
if(NOT MIMALLOC_HEADERS MATCHES "SONAME +([^ \n]+)")
  message(FATAL_ERROR "${MIMALLOC} has no SONAME")
endif()
set(MIMALLOC_SONAME ${CMAKE_MATCH_1})
