/* libc_mutex.h -- the C library's mutexes themselves, whatever the program puts
 * in front of them (sample/native_lock.c): for what works behind that front.
 *
 * With a sanitizer, the front is the sanitizer's, and these pass through it.
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

/* Other names of the same, which glibc keeps for old binaries: their version
 * is to be said. They need no dlsym, and are there before any constructor runs.
 */
__asm__(".symver libc_mutex_lock, __pthread_mutex_lock@GLIBC_2.2.5\n"
        ".symver libc_mutex_trylock, __pthread_mutex_trylock@GLIBC_2.2.5\n"
        ".symver libc_mutex_unlock, __pthread_mutex_unlock@GLIBC_2.2.5\n");

extern int libc_mutex_lock(pthread_mutex_t *mutex);
extern int libc_mutex_trylock(pthread_mutex_t *mutex);
extern int libc_mutex_unlock(pthread_mutex_t *mutex);

#endif

#endif
