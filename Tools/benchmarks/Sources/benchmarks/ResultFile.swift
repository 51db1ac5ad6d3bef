import Foundation

/// A file that is written when all has been measured.
struct ResultFile {
    private let path: String

    /// What would be in vain is found out before minutes have passed.
    /// - Throws: ``BenchmarkFailure`` where it cannot be written.
    init(_ path: String) throws {
        self.path = path
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        let code: Int32? =
            if FileManager.default.fileExists(atPath: path) {
                Self.opened(path)
            } else {
                access(folder, W_OK) == 0 ? nil : errno
            }
        if let code { throw BenchmarkFailure("\(path) cannot be written: \(String(cString: strerror(code)))") }
    }

    /// - Returns: why it could not be opened for writing; `nil` where it could.
    private static func opened(_ path: String) -> Int32? {
        let file = open(path, O_WRONLY)
        guard file >= 0 else { return errno }
        close(file)
        return nil
    }

    /// - Throws: ``BenchmarkFailure`` where it cannot be written.
    func write(_ text: String) throws {
        do {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        } catch {
            throw BenchmarkFailure("\(path) cannot be written: \(error.localizedDescription)")
        }
    }
}
