{
  "targets": [
    {
      "target_name": "ctrl_if",
      "sources": ["<!@(node -p \"require('fs').readFileSync('native/sources.txt', 'utf8')\")"],  # CMake reads it too
      "include_dirs": ["native/include"],
      "defines": [
        # 9: the newest version that every supported Node (20.19 and later) has, so one binary serves all.
        "NAPI_VERSION=9"
      ],
      "cflags": ["-Wall", "-Wextra"],  # no -Werror: this also builds with users' compilers, which we have not seen
      # gyp appends ours to Node's own list, where a later Node may ask for C++20 only to have it undone here.
      "cflags_cc!": ["-std=gnu++14", "-std=gnu++17", "-std=gnu++20", "-O2"],
      "cflags_cc": [
        "-std=c++17",
        "-O3",  # unrolls the copies of 64-byte slots
        "-fno-exceptions",  # nothing may throw through the C frames of Node-API; failures are statuses
        "-fvisibility=hidden"  # only the two entry points of a Node-API module are exported
      ],
      "conditions": [
        ["OS=='mac'", {
          "xcode_settings": {
            "CLANG_CXX_LANGUAGE_STANDARD": "c++17",
            "GCC_OPTIMIZATION_LEVEL": "3",
            "GCC_ENABLE_CPP_EXCEPTIONS": "NO",
            "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
            "MACOSX_DEPLOYMENT_TARGET": "11.0"
          }
        }]
      ]
    }
  ]
}
