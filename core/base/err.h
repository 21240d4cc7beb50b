/* err.h -- the message that says why a function failed.
 *
 * A function that can fail takes a `struct err *` last and returns false,
 * NULL or a negative number. The function that meets the failure sets the
 * message. Its callers pass the message up and may put their own context in
 * front of it with err_prefix. The command line, the log or the HTTP reply
 * shows it to a person.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>

struct err {
    char message[1024]; /* set by the function that failed */
};

/* Sets the message, which is cut if it is too long. Returns false, for
 * `return err_set(...)`. `err` may be NULL. */
bool err_set(struct err *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Puts the formatted text in front of the message. Returns false. `err` may be
 * NULL. */
bool err_prefix(struct err *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
