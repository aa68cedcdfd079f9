// Reads one JSON object strictly: every key is asked for once, what is left over is an error that
// suggests the nearest key.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace turnstone {

// Lives as long as the object it reads. `finish` returns the first problem; what is read
// after it does not count.
class JsonFields {
 public:
  // `where` is the path of the object, such as "inputs[0].preprocess", or "" for the document.
  JsonFields(const Json& object, std::string where);

  // Each leaves `value` as it is when the key is absent or null.
  void text(const char* key, std::string& value);
  void boolean(const char* key, bool& value);
  void real(const char* key, double& value, double least, double most);
  void integer(const char* key, int64_t& value, int64_t least, int64_t most);
  void integer(const char* key, int& value, int least, int most);
  void numbers(const char* key, std::vector<double>& value, size_t most);
  void texts(const char* key, std::vector<std::string>& value);

  // One of `names`, whose index becomes `value`.
  template <class Choice, size_t Count>
  void choice(const char* key, Choice& value, const char* const (&names)[Count]) {
    auto index = static_cast<size_t>(value);
    choose(key, index, names, Count);
    value = static_cast<Choice>(index);
  }

  // The member, or nullptr when it is absent or null.
  const Json* member(const char* key);

  // "inputs[0].preprocess.fit"
  std::string path(std::string_view key) const;

  // Notes that a member is absent; notes another problem; gives the first one, an unknown key too.
  void require(const char* key);
  void problem(Error error);
  Result<> finish();

 private:
  void choose(const char* key, size_t& index, const char* const* names, size_t count);
  void wrong(std::string_view key, std::string_view expected);

  const Json& object_;
  std::string where_;
  std::set<std::string, std::less<>> known_;
  Result<> first_;
};

}  // namespace turnstone
