/* libc_mutex.h -- the C library's mutexes, behind the program's own functions.
 *
 * The program defines pthread_mutex_lock and its relatives to profile waits
 * (sample/hooks/native_lock.c). That code and the code that it calls lock with
 * these functions: a profiled lock inside the profiler would recurse. The
 * functions have the contracts of their pthread namesakes.
 *
 * A sanitizer brings its own pthread_mutex_lock, which these names then call.
 */
#ifndef BASE_LIBC_MUTEX_H
#define BASE_LIBC_MUTEX_H

#include <pthread.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)

#define LIBC_MUTEX_IS_REPLACEABLE 0
#define libc_mutex_lock pthread_mutex_lock
#define libc_mutex_trylock pthread_mutex_trylock
#define libc_mutex_unlock pthread_mutex_unlock

#else

#define LIBC_MUTEX_IS_REPLACEABLE 1

/* glibc keeps other names of the same functions for old binaries, and they must
 * be linked with their version. They need no dlsym and work before any
 * constructor runs. */
__asm__(".symver libc_mutex_lock, __pthread_mutex_lock@GLIBC_2.2.5\n"
        ".symver libc_mutex_trylock, __pthread_mutex_trylock@GLIBC_2.2.5\n"
        ".symver libc_mutex_unlock, __pthread_mutex_unlock@GLIBC_2.2.5\n");

extern int libc_mutex_lock(pthread_mutex_t *mutex);
extern int libc_mutex_trylock(pthread_mutex_t *mutex);
extern int libc_mutex_unlock(pthread_mutex_t *mutex);

#endif

#endif
