package charts

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// argoRollout is a Rollout of Argo Rollouts, argoproj.io/v1alpha1, as far as the examples and the tests use it. Its module would
// bring Kubernetes itself.
type argoRollout struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		Replicas *int32                 `json:"replicas"`
		Selector *metav1.LabelSelector  `json:"selector"`
		Template corev1.PodTemplateSpec `json:"template"`
		Strategy struct {
			Canary    *struct{} `json:"canary"`
			BlueGreen *struct {
				ActiveService string `json:"activeService"`
			} `json:"blueGreen"`
		} `json:"strategy"`
	} `json:"spec"`
}

func (r *argoRollout) check(v *violations) { v.workload(r.Spec.Selector, r.Spec.Template) }

// argoApplication is an Application of Argo CD, argoproj.io/v1alpha1, as far as the examples use it.
type argoApplication struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		Project string `json:"project"`
		Source  struct {
			RepoURL        string `json:"repoURL"`
			TargetRevision string `json:"targetRevision"`
			Path           string `json:"path"`
		} `json:"source"`
		Destination struct {
			Server    string `json:"server"`
			Namespace string `json:"namespace"`
		} `json:"destination"`
		SyncPolicy struct {
			Automated struct {
				Prune    bool `json:"prune"`
				SelfHeal bool `json:"selfHeal"`
			} `json:"automated"`
			SyncOptions []string `json:"syncOptions"`
		} `json:"syncPolicy"`
	} `json:"spec"`
}

func (a *argoApplication) check(v *violations) {
	v.want(a.Spec.Project != "" && a.Spec.Source.RepoURL != "" && a.Spec.Source.Path != "", "has no project or no source")
	v.want(a.Spec.Destination.Server != "" && a.Spec.Destination.Namespace != "", "has no destination")
}
