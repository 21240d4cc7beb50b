/* err.h -- why something failed, in words for a person.
 *
 * A function that can fail takes a `struct err *` last and returns false,
 * NULL or a negative number. The first failure sets the message; callers pass
 * it up, and may put their own context in front with err_prefix.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>

struct err {
    char message[1024]; /* empty: nothing failed */
};

/* Set the message, cut at its size. Returns false, for `return err_set(...)`.
 * `err` may be NULL. */
bool err_set(struct err *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Put `format`... in front of the message that is there. Returns false. */
bool err_prefix(struct err *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
