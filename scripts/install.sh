#!/bin/sh
# Installs one lynkr executable, after comparing it with the published checksum.
#
#   LYNKR_RELEASE_URL  where the files of a release lie (required)
#   LYNKR_INSTALL_DIR  where to put it, by default ~/.local/bin
#
# Nothing is replaced unless the checksum is right and the executable runs here.
set -eu

fail() {
  echo "lynkr: $1" >&2
  exit 1
}

main() {
  base=${LYNKR_RELEASE_URL:-}
  [ -n "$base" ] || fail 'set LYNKR_RELEASE_URL to the address of a release, the folder that holds SHA256SUMS'
  into=${LYNKR_INSTALL_DIR:-$HOME/.local/bin}
  file=lynkr-$(platform)

  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  trap 'exit 130' INT TERM
  download "$base/SHA256SUMS" "$work/SHA256SUMS"
  expected=$(awk -v file="$file" '$2 == file { print $1 }' "$work/SHA256SUMS")
  [ -n "$expected" ] || fail "the release has no $file"
  download "$base/$file" "$work/lynkr"
  [ "$(sha256 "$work/lynkr")" = "$expected" ] || fail "the checksum of $file is wrong; nothing was installed"

  mkdir -p "$into" || fail "cannot make $into; choose another with LYNKR_INSTALL_DIR"
  [ ! -d "$into/lynkr" ] || fail "$into/lynkr is a folder; choose another place with LYNKR_INSTALL_DIR"
  # Into the folder first, then renamed: a running lynkr keeps its file, and no one ever sees half of one.
  new=$into/.lynkr.$$
  trap 'rm -rf "$work" "$new"' EXIT
  cp "$work/lynkr" "$new" && chmod 755 "$new" || fail "cannot write to $into; nothing was installed"
  version=$("$new" --version) || fail "$file does not run on this machine; nothing was installed"
  mv -f "$new" "$into/lynkr" || fail "cannot write to $into; nothing was installed"
  echo "installed $into/lynkr: $version"
  case ":$PATH:" in *":$into:"*) ;; *) echo "put $into on your PATH" ;; esac
}

platform() {
  case $(uname -s) in
    Linux) system=linux ;;
    Darwin) system=darwin ;;
    *) fail "there is no executable for $(uname -s) here; for Windows take lynkr-windows-x64.exe" ;;
  esac
  case $(uname -m) in
    x86_64 | amd64) processor=x64 ;;
    aarch64 | arm64) processor=arm64 ;;
    *) fail "there is no executable for $(uname -m)" ;;
  esac
  echo "$system-$processor$(c_library)"
}

# Alpine and its like have musl, and its loader has that name.
c_library() {
  for loader in /lib/ld-musl-*; do
    if [ -e "$loader" ] && ! [ -e /lib64/ld-linux-x86-64.so.2 ] && ! [ -e /lib/ld-linux-aarch64.so.1 ]; then
      echo '-musl'
      return
    fi
  done
}

download() {
  if command -v curl >/dev/null; then
    curl --fail --silent --show-error --location --output "$2" "$1" || fail "cannot download $1"
  elif command -v wget >/dev/null; then
    wget -q -O "$2" "$1" || fail "cannot download $1"
  else
    fail 'curl or wget is needed'
  fi
}

sha256() {
  if command -v sha256sum >/dev/null; then
    sha256sum "$1" | cut -d ' ' -f 1
  else
    shasum -a 256 "$1" | cut -d ' ' -f 1
  fi
}

main
