/* profile_input.h -- reads the profile that a command line names: a file, stdin
 * or a URL.
 *
 * Path: client/fetch.c -> [profile_input] -> profile/pprof_read.c
 */
#ifndef CLI_PROFILE_INPUT_H
#define CLI_PROFILE_INPUT_H

#include "base/err.h"

struct profile;

/* Reads a pprof file, stdin for "-", or the reply to an http or https URL.
 * Returns NULL and sets err, which names the input, on failure. The caller
 * frees the profile. */
struct profile *profile_input_read(const char *input, struct err *err);

#endif
