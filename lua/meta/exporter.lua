---@meta
--- The table that an exporter returns and the objects that it gets
--- (docs/EXPORTERS.md), for editors that read LuaCATS annotations. No program
--- loads this file.

---@class Exporter
---@field api 1
---@field name string letters, digits, _ and -: `?format=NAME`
---@field extension string of files, such as ".txt"
---@field content_type string
---@field description string
---@field export fun(profile: Profile, out: Out, options: table<string, string>)

---@class ValueType
---@field type string such as "cpu"
---@field unit string such as "nanoseconds"

---@class ProfileHeader
---@field time_ns integer when the profile began, since 1970
---@field duration_ns integer 0 if the profile covers no period of time
---@field period integer
---@field period_type ValueType
---@field default_sample_type string
---@field drop_frames string a regular expression
---@field keep_frames string a regular expression
---@field doc_url string
---@field sample_types ValueType[]
---@field comments string[]

---@class ProfileMapping
---@field start integer
---@field limit integer
---@field offset integer
---@field filename string
---@field build_id string
---@field has_functions boolean
---@field has_filenames boolean
---@field has_line_numbers boolean
---@field has_inline_frames boolean

---@class ProfileFunction
---@field name string
---@field system_name string
---@field filename string
---@field start_line integer

---@class ProfileLine
---@field func integer the id of a function
---@field line integer
---@field column integer

---@class ProfileLocation
---@field mapping integer the id of a mapping; 0: none
---@field address integer
---@field lines ProfileLine[] innermost inlined function first
---@field is_folded boolean

---@class ProfileLabel
---@field key string
---@field str? string the value of a label that is a text
---@field num? integer the value of a label that is a number
---@field unit? string the unit of a label that is a number

--- The profile to export. Ids and positions count from 1. The object is valid
--- only while `export` runs.
---@class Profile
local Profile = {}

---@return ProfileHeader
function Profile:header() end

--- Returns how many entries each table of the profile has.
---@return integer samples
---@return integer locations
---@return integer functions
---@return integer mappings
function Profile:counts() end

--- Returns the i-th sample. Tables that are passed are filled anew and
--- returned, which saves garbage.
---@param i integer
---@param locations? integer[]
---@param values? integer[]
---@param labels? ProfileLabel[]
---@return integer[] locations ids, leaf first
---@return integer[] values one per sample type
---@return ProfileLabel[] labels
function Profile:sample(i, locations, values, labels) end

---@param id integer
---@return ProfileLocation
function Profile:location(id) end

---@param id integer
---@return ProfileFunction
function Profile:func(id) end

---@param id integer
---@return ProfileMapping
function Profile:mapping(id) end

--- The destination of the exported bytes.
---@class Out
local Out = {}

--- Appends strings and numbers.
---@param ... string|number
---@return Out
function Out:write(...) end

--- Compresses all that is written, before and after this call, with gzip.
---@return Out
function Out:gzip() end
