internal import RuntimeCore

/// How a file names when values are forgotten. These numbers are in files and never change.
enum StoredExpiration: Int64 {
    case never = 0
    case afterWrite = 1
    case afterInvocation = 2

    static func columns(_ expiration: RegisteredState.Expiration) -> (kind: Self, milliseconds: Int64) {
        switch expiration {
        case .never: (.never, 0)
        case .afterWrite(let milliseconds): (.afterWrite, milliseconds)
        case .afterInvocation(let milliseconds): (.afterInvocation, milliseconds)
        }
    }

    func expiration(milliseconds: Int64) -> RegisteredState.Expiration {
        switch self {
        case .never: .never
        case .afterWrite: .afterWrite(milliseconds: milliseconds)
        case .afterInvocation: .afterInvocation(milliseconds: milliseconds)
        }
    }
}
