/* profile_view.h -- a profile as exporters see it: a userdata whose methods
 * read the C tables and make a Lua table of the entry that is asked for.
 *
 * The whole profile is never copied into Lua. The Lua side is documented in
 * docs/EXPORTERS.md.
 *
 * Path: profile/profile.c -> [profile_view] -> exporters/NAME.lua
 */
#ifndef EXPORT_PROFILE_VIEW_H
#define EXPORT_PROFILE_VIEW_H

struct lua_State;
struct profile;
struct profile_view;

/* Pushes a view of the profile. The profile must outlive the view, or
 * profile_view_close must be called first. May raise. */
struct profile_view *profile_view_push(struct lua_State *L,
                                       const struct profile *profile);

/* Makes every later use of the view an error. Never raises. */
void profile_view_close(struct profile_view *view);

#endif
