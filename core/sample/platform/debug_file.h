/* debug_file.h -- finds the files in which libdw reads about a loaded object.
 *
 * These are libdwfl's standard searches with two differences. They ask no
 * debuginfod server, even if DEBUGINFOD_URLS is set, because a profile must not
 * wait for the network. And the program's own file is still found after it has
 * been replaced by a new version.
 *
 * Path: debug_info.c -> [debug_file]
 */
#ifndef SAMPLE_PLATFORM_DEBUG_FILE_H
#define SAMPLE_PLATFORM_DEBUG_FILE_H

#include <elfutils/libdwfl.h>

/* Opens the file of a loaded object: a Dwfl_Callbacks.find_elf. */
int debug_file_find_elf(Dwfl_Module *module, void **userdata, const char *name,
                        Dwarf_Addr start, char **file, Elf **elf);

/* Opens the separate file with an object's debug information: a
 * Dwfl_Callbacks.find_debuginfo. The file belongs to the object's build ID, or
 * has the name and checksum of the object's section .gnu_debuglink, and lies
 * beside the object, in .debug there, or in the same folder below
 * /usr/lib/debug. */
int debug_file_find_debuginfo(Dwfl_Module *module, void **userdata,
                              const char *name, Dwarf_Addr start,
                              const char *object, const char *link,
                              GElf_Word checksum, char **file);

#endif
