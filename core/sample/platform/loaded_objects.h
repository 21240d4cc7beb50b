/* loaded_objects.h -- the loaded libraries, readable inside a signal handler.
 *
 * The program defines dl_iterate_phdr and dlclose. While the calling thread is
 * in a handler, dl_iterate_phdr reads a snapshot and takes no lock; otherwise
 * it is the C library's (C++ exceptions go through it). dlclose does nothing,
 * so that a snapshot's entries stay good: a library is never unmapped.
 */
#ifndef SAMPLE_PLATFORM_LOADED_OBJECTS_H
#define SAMPLE_PLATFORM_LOADED_OBJECTS_H

#include <stdbool.h>

/* Take the first snapshot. Once, before any handler runs. */
bool loaded_objects_init(void);

/* Take a new one if libraries were loaded since. [any thread, not in a handler]
 */
void loaded_objects_refresh(void);

/* [signal] Round an unwinding. */
void loaded_objects_enter_handler(void);
void loaded_objects_leave_handler(void);

#endif
