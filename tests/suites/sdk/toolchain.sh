# Sourced by the suite: `wasm_build FOLDER` builds the workspace in FOLDER for WebAssembly, components into `$components`.
#
# Where the installed Rust has a standard library for wasm32, or rustup can fetch one, cargo is all it takes. Else Debian's compiler, which
# brings the library's sources along, is unpacked below target/ with the C library that it was built for; nothing is installed.
TARGET=wasm32-unknown-unknown
DEBIAN=http://deb.debian.org/debian
SUITE=trixie

cannot() {
    echo "$1" >&2
    exit 75
}

# The linker that writes components comes with Rust.
sysroot=$(rustc --print sysroot)
host=$(rustc --version --verbose | sed -n 's/^host: //p')
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=$sysroot/lib/rustlib/$host/bin/wasm-component-ld
export PATH=$sysroot/lib/rustlib/$host/bin:$PATH

debian_compiler() {
    local folder=$1 package file
    [ -x "$folder/rustc" ] && return
    [ "$host" = x86_64-unknown-linux-gnu ] || cannot "no Rust for $TARGET can be had: \`rustup target add $TARGET\` adds it"
    command -v dpkg-deb >/dev/null || cannot "no Rust for $TARGET can be had: \`rustup target add $TARGET\` adds it, or dpkg-deb lets us take Debian's"
    rm -rf "$folder" && mkdir -p "$folder"
    curl -fsS "$DEBIAN/dists/$SUITE/main/binary-amd64/Packages.xz" | xz -dc >"$folder/Packages" ||
        cannot "Debian's packages cannot be reached: no Rust for $TARGET"
    for package in rustc-web rust-web-src libstd-rust-web-1.96 libstd-rust-web-dev libllvm22 libc6 libstdc++6 libgcc-s1 zlib1g libzstd1 libxml2 libffi8 liblzma5; do
        file=$(awk -v package="$package" '$1 == "Package:" { it = $2 } $1 == "Filename:" && it == package { print $2; exit }' "$folder/Packages")
        digest=$(awk -v package="$package" '$1 == "Package:" { it = $2 } $1 == "SHA256:" && it == package { print $2; exit }' "$folder/Packages")
        curl -fsS -o "$folder/package.deb" "$DEBIAN/$file" || cannot "Debian's $package cannot be had: no Rust for $TARGET"
        echo "$digest  $folder/package.deb" | sha256sum --check --quiet || cannot "Debian's $package is not what Debian says it is"
        dpkg-deb -x "$folder/package.deb" "$folder/root"
    done
    rm "$folder/package.deb" "$folder/Packages"
    # Its C library is newer than the one here may be.
    local root=$folder/root/usr
    cat >"$folder/rustc.new" <<WRAPPER
#!/bin/sh
exec "$root/lib64/ld-linux-x86-64.so.2" --library-path "$root/lib/x86_64-linux-gnu" --argv0 "$root/bin/rustc" "$root/bin/rustc" --sysroot "$root" "\$@"
WRAPPER
    chmod +x "$folder/rustc.new"
    "$folder/rustc.new" --version >/dev/null || cannot "Debian's Rust does not run here"
    mv "$folder/rustc.new" "$folder/rustc"
}

wasm_build() {
    local folder=$1
    components=$PWD/target/suites/sdk/cargo/$TARGET/release
    if [ -d "$sysroot/lib/rustlib/$TARGET" ] || rustup target add "$TARGET" >/dev/null 2>&1; then
        cargo build --release --locked --quiet --manifest-path "$folder/Cargo.toml" --target "$TARGET" --target-dir target/suites/sdk/cargo
        return
    fi
    local debian=$PWD/target/suites/sdk/debian
    debian_compiler "$debian"
    RUSTC=$debian/rustc RUSTC_BOOTSTRAP=1 __CARGO_TESTS_ONLY_SRC_ROOT=$(echo "$debian"/root/usr/src/rustc-*/library) \
        cargo build --release --locked --quiet --manifest-path "$folder/Cargo.toml" --target "$TARGET" --target-dir target/suites/sdk/cargo \
        -Z build-std=std,panic_abort
}
