import FuzzTargets

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// libFuzzer around one target. Its arguments are those of libFuzzer; the target is named by `STATEFUN_FUZZ`, which also
/// reaches the processes that libFuzzer starts with arguments of its own.
@main struct Fuzz {
    static func main() {
        var count = CommandLine.argc
        var arguments = CommandLine.unsafeArgv
        exit(runDriver(&count, &arguments, testOneInput))
    }
}

/// `LLVMFuzzerRunDriver` of libFuzzer.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ callback: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

private let target: FuzzTarget = {
    let name = getenv("STATEFUN_FUZZ").map { String(cString: $0) } ?? ""
    guard let target = FuzzTarget(rawValue: name) else {
        let known = FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")
        print("error: STATEFUN_FUZZ is '\(name)'; set it to one of \(known)")
        exit(64)
    }
    return target
}()

private func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    do throws(BrokenInvariant) {
        try target.run(UnsafeRawBufferPointer(start: start, count: count))
    } catch {
        // libFuzzer counts what ends the process by a signal as a finding, and keeps the input.
        print("broken invariant: \(error)")
        abort()
    }
    return 0
}
