export { type ErrorCode, type ErrorTraits, errorCodes, isErrorCode } from './codes.ts';
export {
  GatewayError,
  type GatewayErrorDetails,
  type Subject,
  toGatewayError,
  type Violation,
} from './gateway-error.ts';
