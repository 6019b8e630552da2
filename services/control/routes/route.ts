import type { Configuration } from '#config/configuration.ts';
import type { SealedStore } from '#store/store.ts';
import type { DependencyReading, KafkaHealth } from '../dependencies.ts';
import type { SampleHistory } from '../history.ts';
import type { Page, Visit } from '../layout.ts';

/** The input of a page or an action. */
export interface PageRequest {
  readonly visit: Visit;
  /** The query parameters; the last value of a name that is repeated. */
  readonly query: Readonly<Record<string, string>>;
  /** The parameters of the path, as its pattern names them. */
  readonly params: Readonly<Record<string, string>>;
  /** The fields of the form that was sent. */
  readonly fields: Readonly<Record<string, string>>;
}

/** A page to show, or the path of another one to go to. */
export type PageResult = Page | { readonly redirectTo: string };

export type RouteHandler = (request: PageRequest) => PageResult | Promise<PageResult>;

/** Pages and actions by method and pattern of path, such as `GET /replays/:id`. */
export type Routes = Readonly<Record<`${'GET' | 'POST'} ${string}`, RouteHandler>>;

/** The dependencies of pages and actions. */
export interface RouteDeps {
  /** The current configuration: its pixels may change while control runs. */
  readonly configuration: () => Configuration;
  readonly store: SealedStore;
  readonly redis: () => DependencyReading;
  readonly kafka: () => KafkaHealth;
  /** What this process has sampled. */
  readonly history: SampleHistory;
}

/** Answers a request with a page that explains why it was refused. */
export class HttpError extends Error {
  readonly status: 400 | 403 | 404 | 405 | 409;
  readonly title: string;

  constructor(status: HttpError['status'], title: string, message: string) {
    super(message);
    this.name = 'HttpError';
    this.status = status;
    this.title = title;
  }
}
