/* profile_section.h -- writes the target's profiles into the summary, as text
 * and as JSON.
 *
 * Path: target/profile_capture.c -> [profile_section] -> cli/load.c,
 * summary_json.c
 */
#ifndef REPORT_PROFILE_SECTION_H
#define REPORT_PROFILE_SECTION_H

struct buf;
struct json_writer;
struct profile_capture;

/* The number of functions of each profile in the JSON. */
#define PROFILE_SECTION_JSON_FUNCTIONS 100

/* Appends the section PROFILES, with `top` functions of each profile. */
void profile_section_write(struct buf *out,
                           const struct profile_capture *capture, unsigned top);

/* Writes the member "profiles", an object on one line:
 *   {"window": {"begin": S, "seconds": S, "requests": N},
 *    "kinds": {"cpu": {"file", "type", "unit", "total", "samples",
 *                      "functions": [{"name", "flat", "own", "cum",
 *                                     "samples": of own}...],
 *                      "endpoints": {NAME: {"total", "functions"}...}},
 *              "heap": {"error": "403 Forbidden"}}}
 * Values are in the profile's unit. `samples` exists if the profile counts
 * samples. `window` is null if there was none. */
void profile_section_write_json(struct json_writer *json,
                                const struct profile_capture *capture);

#endif
