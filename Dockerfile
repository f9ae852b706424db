# The action's image, also `docker run --privileged kfaas-bench`. docs/action.md says what makes up its size.
# Written for every builder back to Docker 20.10's classic one: no RUN --mount, no COPY --chmod.

# koffi's native half, at the exact version of package-lock.json and checked against its hash.
FROM node:24-trixie-slim AS native
WORKDIR /native
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
 && mkdir -p out/@koromix \
 && cp -r node_modules/@koromix/koffi-linux-* out/@koromix/

FROM node:24-trixie-slim
# dpkg leaves out, of the packages below, what no build of an eBPF program or of its native twin reads: the LLVM tools
# but three, C++, Perl, libclang, static libraries, sanitizer runtimes, documentation.
RUN set -eu; \
    for path in '/usr/share/doc/*' '/usr/share/man/*' '/usr/share/info/*' '/usr/share/locale/*' '/usr/share/lintian/*' \
      '/usr/share/gitweb/*' '/usr/share/perl/*' '/usr/share/perl5/*' '/usr/lib/*/perl/*' '/usr/lib/*/libperl.so*' \
      '/usr/lib/llvm-19/bin/*' '/usr/lib/llvm-19/build/*' '/usr/lib/llvm-19/share/*' '/usr/lib/llvm-19/lib/libclang-*' \
      '/usr/lib/llvm-19/lib/LLVMPolly.so' '/usr/lib/*/libpfm.so*' \
      '/usr/lib/*/libclang-19.so*' '/usr/include/c++/*' '/usr/include/*/c++/*' '/usr/lib/gcc/*/cc1*' \
      '/usr/lib/*/libasan.so*' '/usr/lib/*/libtsan.so*' '/usr/lib/*/liblsan.so*' '/usr/lib/*/libubsan.so*' \
      '/usr/lib/*/libhwasan.so*' '/usr/lib/*/libgomp.so*' '/usr/lib/*/libitm.so*' '/usr/lib/*/libquadmath.so*' \
      '/usr/lib/*/gprofng/*' '/usr/lib/*/libgprofng.so*' '/usr/bin/*gprofng*' '/usr/bin/gp-*' '/usr/bin/*gp-*' '/usr/lib/*.a'; \
    do echo "path-exclude=$path"; done >/etc/dpkg/dpkg.cfg.d/kfaas-bench; \
    for path in '/usr/lib/llvm-19/bin/clang' '/usr/lib/llvm-19/bin/llvm-objcopy' '/usr/lib/llvm-19/bin/llvm-strip' \
      '/usr/lib/llvm-19/bin/llvm-objdump' '/usr/lib/gcc/*/libgcc.a' '/usr/lib/gcc/*/libgcc_eh.a' '/usr/lib/*/libc_nonshared.a' \
      '/usr/lib/*/libbpf.a' '/usr/lib/*/libelf.a' '/usr/lib/*/libz.a'; \
    do echo "path-include=$path"; done >>/etc/dpkg/dpkg.cfg.d/kfaas-bench; \
    apt-get update; \
    apt-get install -y --no-install-recommends \
      bpftool ca-certificates clang-19 git libbpf-dev libbpf1 libc6-dev libcap2-bin linux-libc-dev llvm-19 make; \
    rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/log/apt /var/log/dpkg.log; \
    find /usr/bin -xtype l -delete; \
    ln -s "$(uname -m)-linux-gnu/asm" /usr/include/asm; \
    clang-19 --version
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/llvm-19/bin

COPY --from=native /native/out /kfaas-bench/node_modules
COPY package.json LICENSE /kfaas-bench/
COPY bpf /kfaas-bench/bpf
COPY dist /kfaas-bench/dist

WORKDIR /workspace
ENTRYPOINT ["node", "/kfaas-bench/dist/index.js"]
CMD []
